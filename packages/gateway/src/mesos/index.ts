export {
  type AgentResolution,
  ClusterIndex,
  type ClusterIndexOptions,
  createClusterIndex,
  type IndexCounts,
  type IndexReadiness,
  type TaskResolution,
} from './cluster-index.ts';
export { type MasterClient, type MasterClientOptions, startMasterClient } from './master-client.ts';
export type { MesosAgent, MesosFramework, MesosLabel, MesosSnapshot, MesosTask } from './model.ts';
