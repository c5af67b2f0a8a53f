"""The platform's management API (`https://api.supabase.com/v1`) for one project, over its real database."""

from prodworthy.local.backend.management.deployed import Deployed
from prodworthy.local.backend.management.service import Management

__all__ = ["Deployed", "Management"]
