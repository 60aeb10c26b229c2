import closeWithGrace from 'close-with-grace';
import type { FastifyInstance } from 'fastify';

/** How long open answers may take to end after a signal, in milliseconds; then the process goes all the same. */
const graceMilliseconds = 10_000;

/**
 * Ends the process well: on SIGTERM or SIGINT the servers stop taking requests, follows are ended (each service says how in
 * `preClose`), what is left is closed in order. An uncaught error is logged and ends the process the same way.
 */
export function closeOnSignal(app: FastifyInstance, ...closers: (() => Promise<unknown>)[]): void {
  closeWithGrace({ delay: graceMilliseconds, logger: false }, async ({ err, signal }) => {
    if (err) app.log.fatal({ err }, 'ending after an uncaught error');
    else app.log.info({ signal }, 'ending');
    await app.close();
    for (const close of closers) await close();
  });
}
