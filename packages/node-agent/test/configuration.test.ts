import { loadConfiguration } from '@clusterlog/shared/server';
import { describe, expect, it } from 'vitest';
import { agentOptions, checkAgentConfiguration } from '../src/configuration.ts';

type Flags = Parameters<typeof loadConfiguration>[1];

function check(flags: Flags): void {
  checkAgentConfiguration(loadConfiguration(agentOptions, flags, {}));
}

describe('the configuration of the node agent', () => {
  it.each<[string, Flags]>([
    ['keys of a file', { gatewayKeys: ['jwks.json'] }],
    ['keys from https', { gatewayKeys: ['https://gateway.example/.well-known/jwks.json'] }],
    [
      'keys from http on loopback',
      { gatewayKeys: ['http://127.0.0.1:8080/k', 'http://[::1]:8080/k', 'http://localhost:8080/k'] },
    ],
    ['the highest port', { gatewayKeys: ['k'], listen: '127.0.0.1:65535' }],
    ['no keys on loopback when told to be open', { insecureOpen: true }],
    ['gatewayd’s interface on loopback', { gatewayKeys: ['k'], gatewayd: 'true' }],
    ['gatewayd’s interface on a unix socket', { gatewayKeys: ['k'], gatewayd: 'true', listen: 'unix:/run/c.sock' }],
    [
      'gatewayd’s interface for those with a client certificate',
      { gatewayKeys: ['k'], gatewayd: 'true', listen: '0.0.0.0:1', tlsCert: 'c', tlsKey: 'k', tlsClientCa: 'a' },
    ],
    ['no keys on a unix socket when told to be open', { insecureOpen: true, listen: 'unix:/run/clusterlog.sock' }],
  ])('accepts %s', (_case, flags) => {
    expect(() => check(flags)).not.toThrow();
  });

  it.each<[string, Flags, RegExp]>([
    ['to answer without tokens by default', {}, /^--gateway-keys is needed/],
    [
      'to be open to other machines',
      { insecureOpen: true, listen: '0.0.0.0:61001' },
      /^--insecure-open: expected --listen on loopback .* found 0\.0\.0\.0:61001$/,
    ],
    ['to be open to other machines by a name', { insecureOpen: true, listen: 'node-1:61001' }, /found node-1:61001$/],
    [
      'gatewayd’s interface to other machines',
      { gatewayKeys: ['k'], gatewayd: 'true', listen: '0.0.0.0:61001', tlsCert: 'c', tlsKey: 'k' },
      /^--gatewayd: expected --listen on loopback or a unix socket, or --tls-client-ca, found 0\.0\.0\.0:61001$/,
    ],
    ['to be open and closed at once', { insecureOpen: true, gatewayKeys: ['k'] }, /contradict/],
    [
      'keys over http from another machine',
      { gatewayKeys: ['http://10.0.0.1/k'] },
      /^--gateway-keys: expected https, or http on loopback/,
    ],
    ['keys from a URL that is none', { gatewayKeys: ['https://['] }, /^--gateway-keys: .* found "https:\/\/\["$/],
    [
      'keys over a protocol that is not read',
      { gatewayKeys: ['ftp://127.0.0.1/k'] },
      /^--gateway-keys: expected https/,
    ],
    [
      'a Mesos agent at no URL',
      { gatewayKeys: ['k'], mesosAgent: 'http://[' },
      /^--mesos-agent: .* found "http:\/\/\["$/,
    ],
    [
      'a port beyond 65535',
      { gatewayKeys: ['k'], listen: '127.0.0.1:65536' },
      /^--listen: expected HOST:PORT or unix:\/PATH, found "127.0.0.1:65536"$/,
    ],
    ['a certificate without its key', { gatewayKeys: ['k'], tlsCert: 'c' }, /go together/],
    ['client certificates without https', { gatewayKeys: ['k'], tlsClientCa: 'c' }, /^--tls-client-ca needs/],
    [
      'a port that is not one',
      { listen: '127.0.0.1' },
      /^--listen: expected HOST:PORT or unix:\/PATH, found "127.0.0.1"$/,
    ],
    [
      'a Mesos agent URL with a path',
      { mesosAgent: 'http://x/state' },
      /^--mesos-agent: expected an http or https URL without a path/,
    ],
  ])('refuses %s', (_case, flags, message) => {
    expect(() => check(flags)).toThrow(message);
  });
});
