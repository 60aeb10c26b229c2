import {
  createServer,
  type Finding,
  health,
  observeHealth,
  observeVersion,
  type Server,
  type ServerOptions,
} from '@clusterlog/shared/server';
import type { Dispatcher } from 'undici';
import { type AdminRouter, adminRouter } from './admin-router/admin-router.ts';
import { type AuthenticateOptions, authenticate } from './auth/authenticate.ts';
import type { VerifyToken } from './auth/token-verifier.ts';
import { apiDocument } from './documentation/api-document.ts';
import { documentation } from './documentation/description.ts';
import type { SigningKeys } from './keys/signing-keys.ts';
import { FollowPlaces } from './limits/follow-places.ts';
import { type Limits, usualLimits } from './limits/limits.ts';
import { rangeBudget } from './limits/range-budget.ts';
import { requestRate } from './limits/request-rate.ts';
import type { ClusterIndex } from './mesos/index.ts';
import { authorize } from './policy/authorize.ts';
import type { Policy } from './policy/policy.ts';
import { GatewayTokens } from './proxy/gateway-tokens.ts';
import { OpenFollows } from './proxy/open-follows.ts';
import { proxy } from './proxy/proxy.ts';
import { discoverTask } from './routes/discover-task.ts';
import { logRoutesWithout } from './routes/log-routes.ts';
import { logsRedirect } from './routes/logs-redirect.ts';
import { publicKeys } from './routes/public-keys.ts';
import { requestTarget } from './routes/request-target.ts';
import { type ResolveOptions, resolve } from './routes/resolve.ts';
import { clusterRoutes, type MergeLimits, usualMergeLimits } from './routes/v3.ts';
import { version } from './version.ts';
import { viewerDirectory } from './viewer/built-viewer.ts';
import { sessionRoutes } from './viewer/session-routes.ts';
import { viewer } from './viewer/viewer.ts';

export interface GatewayOptions {
  readonly server: ServerOptions;
  readonly verify: VerifyToken;
  readonly policy: Policy;
  readonly index: ClusterIndex;
  readonly localAgent: ResolveOptions['localAgent'];
  readonly addressing: ResolveOptions['addressing'];
  readonly signingKeys: SigningKeys;
  /** Connections to node agents; closed with the server. */
  readonly dispatcher: Dispatcher;
  /** What is served of Admin Router beside logs. */
  readonly router: AdminRouter;
  /** Whether Mesos agents are asked about sandboxes with the caller's own token. Default: false. */
  readonly forwardCaller?: boolean;
  /** Greatest age of a follow, in seconds. */
  readonly maxFollowAge: number;
  /** What is given to callers. */
  readonly limits?: Limits;
  /** Bounds of what is put together from many nodes. */
  readonly mergeLimits?: MergeLimits;
  /** Where the built log viewer lies. Default: where its package has it. */
  readonly viewerDirectory?: string;
  /** What /health/ready says. */
  readonly checks: () => readonly Finding[];
}

/**
 * Builds the gateway: authenticate (401), limit (429), resolve (404, 409, 503), authorize (403), proxy (502, 504). Each step is one plugin
 * that sets one property of the request. It does not listen yet.
 */
export function createGateway(options: GatewayOptions): Server {
  const {
    server,
    verify,
    policy,
    index,
    localAgent,
    addressing,
    signingKeys,
    dispatcher,
    router,
    forwardCaller = false,
    maxFollowAge,
    limits = usualLimits,
    mergeLimits = usualMergeLimits,
    viewerDirectory: directory = viewerDirectory(),
    checks,
  } = options;
  const { metrics } = server;
  const refused = metrics.counter('clusterlog_unauthenticated_total', 'Requests refused with 401, by reason.', [
    'reason',
  ]);
  const follows = new OpenFollows({ greatestAge: maxFollowAge, policyVersion: () => policy.version });
  const tokens = new GatewayTokens(signingKeys);
  const places = new FollowPlaces(limits, metrics);
  metrics.gauge('clusterlog_open_follows', 'Follows open now.', () => follows.count);
  const findings = () => [...checks(), places.finding()];
  observeHealth(metrics, findings);
  observeVersion(metrics, version);

  const app = createServer(server);
  app.register(apiDocument, documentation);
  app.register(requestTarget);
  const authentication: AuthenticateOptions = { verify, onRefused: (reason) => refused.inc({ reason }) };
  app.register(authenticate, authentication);
  app.register(requestRate, limits);
  app.register(rangeBudget, { limits, metrics });
  app.register(resolve, { index, localAgent, addressing, leaders: router, policy });
  app.register(authorize, { policy });
  app.register(proxy, {
    dispatcher,
    tokens,
    follows,
    places,
    routes: logRoutesWithout(router.without),
    forwardCaller,
  });
  app.register(adminRouter, { router, index, policy });
  app.register(discoverTask, { leaderLogs: !router.without.has('leader-logs') });
  app.register(clusterRoutes, {
    scope: { index, policy, localAgent, addressing },
    dispatcher,
    tokens,
    limits: mergeLimits,
    maxFollowAge,
    metrics,
  });
  app.register(logsRedirect);
  if (!router.without.has('viewer')) {
    app.register(viewer, { directory });
    app.register(sessionRoutes, authentication);
  }
  app.register(publicKeys, { keys: signingKeys });
  app.register(health, { checks: findings });
  return app;
}
