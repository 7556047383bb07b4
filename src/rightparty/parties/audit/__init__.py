# SPDX-License-Identifier: Apache-2.0
"""What is wrong with contact data: findings with counts, masked examples, likely cause and repair. Serves right_party.

`examine.audit` asks every subject's module in turn; `catalogue` holds what each finding is called and means.
"""
