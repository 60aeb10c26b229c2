/**
 * What a browser may do with the viewer's page: run its own script, apply its own style, ask this gateway, and nothing else. Logs are
 * written by anybody; should the page ever take their text for markup, the browser refuses to (trusted types).
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** On each answer that belongs to the viewer. `Strict-Transport-Security` is for whoever ends TLS to say. */
export const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // Addresses of the page hold filters and ids.
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;
