import { authCookie } from '../auth/find-token.ts';
import { version } from '../version.ts';
import type { ApiDocumentOptions } from './api-document.ts';

/** What the gateway's OpenAPI document says beside its routes. */
export const documentation: ApiDocumentOptions = {
  title: 'Clusterlog gateway',
  description: 'Every log line of a Mesos cluster, from the journals of its nodes.',
  version,
  securitySchemes: {
    token: {
      type: 'apiKey',
      in: 'header',
      name: 'Authorization',
      description: '`token=<JWT>`, as DC/OS clients send it.',
    },
    bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    session: {
      type: 'apiKey',
      in: 'cookie',
      name: '__Host-clusterlog',
      description: 'The same JWT, set by the sign-in of the log viewer; on GET and HEAD only.',
    },
    cookie: { type: 'apiKey', in: 'cookie', name: authCookie, description: 'The same JWT; on GET and HEAD only.' },
  },
};
