import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

interface StalledReadersOptions {
  /** How long a client may take nothing of what waits for it, in milliseconds. */
  greatestStall: number;
  /** Told of each that was cut. */
  onCut: () => void;
}

/**
 * Cuts the connection of a client that takes no byte of a waiting answer for too long: without the last chunk, so that it
 * sees a cut and no end, and resumes after the last entry that it has. A client that is slow, and one that has nothing to
 * take, keep theirs.
 */
export const stalledReaders = fastifyPlugin<StalledReadersOptions>(
  async (app: FastifyInstance, { greatestStall, onCut }) => {
    app.addHook('onRequest', async (request, reply) => {
      const { raw } = reply;
      // Node starts the time anew with each write, and when the operating system could hand on a part of one.
      raw.setTimeout(greatestStall, () => {
        if (raw.socket === null || raw.socket.writableLength === 0) return;
        request.audit.cut = 'stalled';
        onCut();
        request.log.info({ waiting: raw.socket.writableLength }, 'the client takes nothing any more: cut');
        raw.destroy();
      });
    });
  },
  { name: 'stalled-readers', fastify: '5.x', dependencies: ['audit-line'] },
);
