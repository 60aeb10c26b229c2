import { setFlagsFromString } from 'node:v8';

/**
 * Bounds how far V8's heap grows beyond what is in use, by the two of its flags for this that work in a process that is
 * running. To be imported before everything else: what has grown does not shrink for long.
 *
 * The young generation keeps the size it starts with, 1 MiB twice. It would grow to 64 MiB in a long scan, which makes
 * nothing faster, since what an entry leaves behind dies at once. A semi-space flag given by the operator counts instead.
 *
 * The old one is collected when it has grown by a quarter. What a follower holds lives from line to line, longer than the
 * young generation, so 1,000 of them would have it grow to several times what is in use.
 */
const flags = [...process.execArgv, process.env.NODE_OPTIONS ?? ''];
if (!flags.some((flag) => /semi[-_]space/.test(flag))) setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--heap-growing-percent=25');
