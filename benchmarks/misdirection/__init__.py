# SPDX-License-Identifier: Apache-2.0
"""Who receives what is sent: attribution against other ways to choose a contact point, with known truth."""
