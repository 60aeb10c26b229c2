#!/usr/bin/env node
import { runProgram } from '@clusterlog/shared/server';
import { createProgram } from './program.ts';

await runProgram(createProgram());
