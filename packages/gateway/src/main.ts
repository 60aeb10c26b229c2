#!/usr/bin/env node
import './heap-growth.ts';
import { runProgram } from '@clusterlog/shared/server';
import { createProgram } from './program.ts';

await runProgram(createProgram());
