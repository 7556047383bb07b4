# SPDX-License-Identifier: Apache-2.0
"""What stops planning and release when rules cannot be read: nothing is sent then (right_time)."""


class PackError(ValueError):
    """A law pack or a file of house rules cannot be used; the message names file, line or rule, field and remedy."""

    remedy = "Correct the file; nothing is planned or released until it is right."
