import { spawnSync } from 'node:child_process';
import { whyNoNetworkNamespace } from '../fixtures/network-namespace.ts';
import { whyNoJournald, whyNoPrograms } from '../fixtures/requirements.ts';

/** Why no cluster can be hurt here; undefined when one can. */
export function whyNoChaos(): string | undefined {
  const reason = whyNoJournald() ?? whyNoNetworkNamespace() ?? whyNoPrograms('faketime', 'mount', 'util-linux');
  if (reason !== undefined) return reason;
  const { status, stderr } = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : `file systems cannot be mounted here: ${stderr.trim()}`;
}
