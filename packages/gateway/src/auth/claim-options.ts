import { text } from '@clusterlog/shared/server';

/** What is asked of the claims of callers' tokens; the same for verifying them and for making one. */
export const claimOptions = {
  authUidClaim: text({ placeholder: 'NAME', default: 'uid', description: 'Claim that names the caller.' }),
  authGroupsClaim: text({
    placeholder: 'NAME',
    default: 'groups',
    description: "Claim that lists the caller's groups.",
  }),
  authIssuer: text({ placeholder: 'ISS', description: 'Tokens must come from this issuer (iss).' }),
  authAudience: text({
    placeholder: 'AUD',
    description: 'Tokens must be for this audience (aud).',
    details: 'Needed with a JWKS URL.',
  }),
};
