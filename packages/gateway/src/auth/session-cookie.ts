/** Of a page that came by https: the prefix keeps any other host, and whoever has no TLS, from setting it (RFC 6265bis). */
const secureName = '__Host-clusterlog';
/** On loopback without TLS, where browsers differ in what they take for secure. */
const loopbackName = 'clusterlog';

/** How a browser reached the gateway: what it says, as the nearest trusted proxy tells it. */
export interface Way {
  readonly protocol: string;
  /** Without port. */
  readonly hostname: string;
}

/**
 * The name of the cookie that the viewer's sign-in sets, for a browser that comes this way; undefined where others could read it on
 * its way, or set it: by http from another machine.
 */
export function sessionCookieName({ protocol, hostname }: Way): string | undefined {
  if (protocol === 'https') return secureName;
  return isLoopbackName(hostname) ? loopbackName : undefined;
}

/** How the cookie is set, and cleared. */
export function sessionCookieOptions({ protocol }: Way) {
  return { path: '/', httpOnly: true, sameSite: 'strict', secure: protocol === 'https' } as const;
}

function isLoopbackName(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(hostname);
}
