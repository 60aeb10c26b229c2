import { commonOptions, duration, text, toggle } from '@clusterlog/shared/server';
import { Type } from 'typebox';

/** Which keys gateway tokens are signed with, and when. */
export const signingKeyOptions = {
  signingKeyFile: text({
    placeholder: 'FILE',
    default: '/var/lib/clusterlog/gateway-signing-key.json',
    description:
      'Private keys (JWK or JWK set, Ed25519) that gateway tokens are signed with; made when missing, re-read when it changes.',
  }),
  signingKeyDelay: duration({
    default: '10m',
    description: 'How long a new key is published before it signs, so that all node agents know it.',
    details: 'See docs/operations.md.',
  }),
};

export const newKeysOptions = Type.Object({
  config: commonOptions.config,
  signingKeyFile: signingKeyOptions.signingKeyFile,
});

export const listKeysOptions = Type.Object({
  config: commonOptions.config,
  ...signingKeyOptions,
  public: toggle({ description: 'Print what node agents need, as a JWK set: no secret is in it.' }),
});

export const rotateKeysOptions = Type.Object({
  config: commonOptions.config,
  ...signingKeyOptions,
  atOnce: toggle({
    description: 'After a leak: the new key signs at once and all others are gone; agents refuse until they know it.',
  }),
});
