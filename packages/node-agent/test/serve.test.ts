import { fileURLToPath } from 'node:url';
import { ConfigurationError, loadConfiguration } from '@clusterlog/shared/server';
import { describe, expect, it } from 'vitest';
import { agentOptions } from '../src/configuration.ts';
import { serve } from '../src/serve.ts';

const pem = (name: string) => fileURLToPath(new URL(`../../gateway/test/proxy/certificates/${name}`, import.meta.url));
const noPem = fileURLToPath(import.meta.url);

describe('clusterlog-agent does not start', () => {
  it.each([
    ['with a certificate that is none', { tlsCert: noPem, tlsKey: pem('agent.key') }, '--tls-cert: expected PEM'],
    [
      'with a key that is none',
      { tlsCert: pem('agent.pem'), tlsKey: noPem },
      '--tls-key: expected the PEM private key',
    ],
    [
      'with the key of another certificate',
      { tlsCert: pem('agent.pem'), tlsKey: pem('gateway.key') },
      '--tls-key: expected the PEM private key of --tls-cert',
    ],
    [
      'with a client CA that is none',
      { tlsCert: pem('agent.pem'), tlsKey: pem('agent.key'), tlsClientCa: noPem },
      '--tls-client-ca: expected PEM certificates',
    ],
  ])('%s, and says which file it is', async (_why, tls, reason) => {
    const flags = { insecureOpen: true, listen: '127.0.0.1:0', metricsListen: 'off', ...tls };
    const started = serve(loadConfiguration(agentOptions, flags, {}));
    await expect(started).rejects.toThrow(ConfigurationError);
    await expect(started).rejects.toThrow(reason);
  });
});
