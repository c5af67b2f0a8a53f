"""Walls: whoever may answer in place of an app, by name, and what a team does about each."""

from __future__ import annotations

PROTECTION = "deployment protection"
BYPASS_REFUSED = "deployment protection, which did not take the bypass secret,"
CHALLENGE = "the firewall's challenge"
DENIAL = "the firewall's refusal"
CLOUDFLARE = "a Cloudflare challenge"
LIMIT = "a rate limit (429)"
SUSPENDED = "a suspended Vercel account (DEPLOYMENT_DISABLED)"
PAUSED = "a paused Vercel project (DEPLOYMENT_PAUSED)"
BLOCKED = "a block by Vercel (DEPLOYMENT_BLOCKED)"
UNKNOWN = "Vercel, which knows no deployment under this name (DEPLOYMENT_NOT_FOUND),"
UNREADY = "a deployment that is still being built"
MAINTENANCE = "a maintenance page (503)"
SUPABASE_PAUSED = "a paused Supabase project"
SUPABASE_LATE = "the Supabase gateway's time limit"
RESTRICTED = "a restricted Supabase organisation"

_REMEDIES = {
    PROTECTION: (
        "make a secret under Settings, Deployment Protection, Protection Bypass for Automation, export it, and name it "
        'in the target\'s [vercel] table: protection_bypass = { env = "VERCEL_AUTOMATION_BYPASS_SECRET" }'
    ),
    BYPASS_REFUSED: (
        "a secret opens the deployments of its own project only, and none once it is revoked: copy the one that "
        "stands under Settings, Deployment Protection, Protection Bypass for Automation, of the project here"
    ),
    CHALLENGE: "let this machine pass: a bypass rule of the firewall for its address, or a pause in attack mode",
    DENIAL: "look which firewall rule refused it, and let this machine's address pass",
    CLOUDFLARE: "let this machine's address pass under Cloudflare's Security, WAF, Tools",
    LIMIT: "wait a minute and run again, or raise the limit for this machine's address",
    SUSPENDED: "pay the open bill or raise the plan's limit in Vercel's dashboard: no release can change this",
    PAUSED: "resume the project in Vercel's dashboard: Settings, General",
    BLOCKED: "ask Vercel's support why; after a change of plan a new deployment is enough",
    UNKNOWN: "assign the name to a deployment (vercel alias), or correct the address in the targets file",
    UNREADY: "wait until the deployment is READY and run again",
    MAINTENANCE: "end the maintenance and run again",
    SUPABASE_PAUSED: "restore the project in Supabase's dashboard",
    SUPABASE_LATE: "look at the database's load in Supabase's dashboard and run again",
    RESTRICTED: "pay the open bill or raise the quota in Supabase's dashboard: Organization, Billing",
}


def in_place_of_the_app(wall: str) -> str:
    """What a wall means for a look, and what to do about it."""
    remedy = _REMEDIES.get(wall)
    return f"{wall} answered instead of the app" + (f": {remedy}" if remedy else "")
