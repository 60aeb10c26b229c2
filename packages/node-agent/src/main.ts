#!/usr/bin/env node
import './heap-growth.ts';
import { defineCommand, runProgram } from '@clusterlog/shared/server';
import { agentOptions } from './configuration.ts';
import { serve } from './serve.ts';
import { version } from './version.ts';

const program = defineCommand({
  name: 'clusterlog-agent',
  summary: 'Serves the systemd journal of this node over HTTP, to callers that the gateway sends.',
  options: agentOptions,
  run: serve,
}).version(version, '--version', 'print the version');

await runProgram(program);
