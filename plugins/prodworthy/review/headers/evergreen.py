"""Hosts whose scripts and styles change at one address on purpose, so that nobody can pin them to their content."""

from __future__ import annotations

_NAMES = """
    accounts.google.com apis.google.com app.posthog.com appleid.cdn-apple.com cdn.cookielaw.org cdn.paddle.com
    cdn.segment.com cdn.usefathom.com challenges.cloudflare.com checkout.razorpay.com checkout.stripe.com
    connect.facebook.net consent.cookiebot.com embed.typeform.com eu-assets.i.posthog.com fonts.bunny.net
    fonts.googleapis.com js.braintreegateway.com js.hcaptcha.com js.hs-scripts.com js.intercomcdn.com
    js.sentry-cdn.com js.stripe.com kit.fontawesome.com maps.googleapis.com platform.twitter.com plausible.io
    player.vimeo.com sdk.mercadopago.com snap.licdn.com static.cloudflareinsights.com static.hotjar.com
    us-assets.i.posthog.com use.typekit.net va.vercel-scripts.com web.squarecdn.com widget.intercom.io
    www.google-analytics.com www.google.com www.googletagmanager.com www.gstatic.com www.paypal.com www.youtube.com
"""
HOSTS = frozenset(_NAMES.split())
