"""The features that Permissions-Policy can switch, as browsers and specifications name them."""

from __future__ import annotations

_SENSITIVE = """
    accelerometer ambient-light-sensor bluetooth camera captured-surface-control clipboard-read display-capture
    geolocation gyroscope hid identity-credentials-get idle-detection keyboard-map local-fonts magnetometer
    microphone midi otp-credentials payment publickey-credentials-create publickey-credentials-get
    screen-wake-lock serial smart-card speaker-selection usb usb-unrestricted window-management xr-spatial-tracking
"""
_OTHER = """
    all-screens-capture aria-notify attribution-reporting autofill autoplay battery browsing-topics
    ch-device-memory ch-downlink ch-dpr ch-ect ch-prefers-color-scheme ch-prefers-reduced-motion
    ch-prefers-reduced-transparency ch-rtt ch-save-data ch-ua ch-ua-arch ch-ua-bitness ch-ua-form-factors
    ch-ua-full-version ch-ua-full-version-list ch-ua-high-entropy-values ch-ua-mobile ch-ua-model ch-ua-platform
    ch-ua-platform-version ch-ua-wow64 ch-viewport-height ch-viewport-width ch-width clipboard-write
    compute-pressure controlled-frame conversion-measurement cross-origin-isolated deferred-fetch
    deferred-fetch-minimal device-attributes digital-credentials-create digital-credentials-get direct-sockets
    direct-sockets-private document-domain document-write encrypted-media execution-while-not-rendered
    execution-while-out-of-viewport federated-credentials-get fenced-unpartitioned-storage-read
    focus-without-user-activation fullscreen gamepad interest-cohort join-ad-interest-group language-detector
    language-model local-network local-network-access loopback-network manual-text
    media-playback-while-not-visible mediasession monetization multicast navigation-override
    on-device-speech-recognition oversized-images picture-in-picture popins private-aggregation
    private-state-token-issuance private-state-token-redemption proofreader record-ad-auction-events rewriter
    run-ad-auction scroll-to-text-fragment storage-access shared-autofill shared-storage shared-storage-select-url
    sub-apps
    summarizer sync-script sync-xhr translator trust-token-redemption unload unsized-media vertical-scroll
    vibrate vr wake-lock web-app-installation web-share writer
"""
SENSITIVE = frozenset(_SENSITIVE.split())
KNOWN = SENSITIVE | frozenset(_OTHER.split())
