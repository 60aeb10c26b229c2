import { afterAll } from 'vitest';
import { choosePorts } from '../dev-cluster/ports.ts';
import { chapter } from './chapter.ts';
import { authenticationPoints } from './points/authentication.ts';
import { routingPoints } from './points/routing.ts';
import { RecordingServer } from './recording-server.ts';

const [agentPort = 0] = await choosePorts([0]);
const marathon = await RecordingServer.start('127.0.0.1');
afterAll(() => marathon.stop());
const gatewayArguments = ['--agent-port', `${agentPort}`, '--marathon', `http://127.0.0.1:${marathon.port}`];

chapter('Admin Router', { gatewayArguments }, (point) => {
  authenticationPoints(point);
  routingPoints(point, { agentPort, marathon });
});
