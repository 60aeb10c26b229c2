import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Where a server listens. */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** Reads `HOST:PORT`, `[IPv6]:PORT` or `unix:/PATH`; the text has been checked against `listenPattern`. */
export function parseListen(text: string): ListenAddress {
  if (text.startsWith('unix:')) return { path: text.slice('unix:'.length) };
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(text.slice(colon + 1)) };
}

/** Whether only this machine can connect there: a unix socket, or a loopback address. */
export function isLoopback(address: ListenAddress): boolean {
  if ('path' in address) return true;
  return address.host === 'localhost' || address.host === '::1' || /^127(\.\d{1,3}){3}$/.test(address.host);
}

/** Where a server that listens can be reached, whoever chose the address. */
export function boundAddress(app: FastifyInstance): ListenAddress {
  if (!app.server.listening) throw new Error('the server does not listen yet');
  const bound = app.server.address();
  // Of a unix socket passed by systemd Node does not know the name.
  return bound === null || typeof bound === 'string'
    ? { path: bound ?? '' }
    : { host: bound.address, port: bound.port };
}

/**
 * Binds a server. A socket passed by systemd (`LISTEN_FDS`, sd_listen_fds(3)) wins over the address. A unix socket left
 * behind by a dead process is replaced, one that somebody listens on is not; its mode is 0660.
 *
 * @param flag the option that gave the address
 * @returns where it listens, as a URL or `unix:PATH`
 * @throws Error naming the option, the address and the reason
 */
export async function listen(
  app: FastifyInstance,
  flag: string,
  address: ListenAddress,
  inherit = false,
): Promise<string> {
  if (inherit && process.env.LISTEN_PID === String(process.pid) && Number(process.env.LISTEN_FDS) >= 1) {
    await app.ready();
    await new Promise<void>((resolve, reject) => {
      app.server.once('error', reject).listen({ fd: 3 }, resolve);
    });
    return 'socket passed by systemd';
  }
  try {
    if (!('path' in address)) return await app.listen({ host: address.host, port: address.port });
    if (existsSync(address.path) && lstatSync(address.path).isSocket() && !(await isListenedOn(address.path))) {
      unlinkSync(address.path);
    }
    await app.listen({ path: address.path });
    chmodSync(address.path, 0o660);
    return `unix:${address.path}`;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const place = 'path' in address ? `unix:${address.path}` : `${address.host}:${address.port}`;
    const reason = refusals.get(code);
    throw new Error(`${flag}: ${reason === undefined ? message : `${place} ${reason}`}`, { cause: error });
  }
}

const refusals: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'is already in use'],
  ['EADDRNOTAVAIL', 'is not an address of this machine'],
  ['ENOTFOUND', 'is a name that nobody can resolve'],
  ['EACCES', 'may not be listened on by this user, or its directory is not there'],
]);

async function isListenedOn(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
