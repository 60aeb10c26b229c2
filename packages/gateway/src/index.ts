export { createGateway, type GatewayOptions } from './app.ts';
export { issueToken, tokenOptions } from './auth/issue-token.ts';
export { gatewayOptions } from './configuration.ts';
export { checkPolicy, type PolicyQuestion } from './policy/check-policy.ts';
