#!/usr/bin/env node
/** Entry of the `parapet` command: connects the commands to this process. */
import { open, readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { inheritedEnvironment, readClientSettings, readDataFolder } from '../platform/config/client.ts';
import { readConfig } from '../platform/config/config.ts';
import { systemClock } from '../platform/runtime/clock.ts';
import { areas } from '../sdk/areas.ts';
import { forwardSignals, startChild } from './child-process.ts';
import { run } from './run.ts';
import { replaceFile } from './secrets/replace-file.ts';
import type { Terminal } from './terminal.ts';

const stop = new AbortController();

const terminal: Terminal = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  read: (path) => (path === '-' ? buffer(process.stdin) : readFile(path)),
  write: async (path, data) => {
    const file = await open(path, 'w', 0o600);
    try {
      // The mode of `open` counts for new files only.
      await file.chmod(0o600);
      await file.writeFile(data);
    } finally {
      await file.close();
    }
  },
  settings: () => readClientSettings(),
  serverSettings: () => readConfig(),
  dataFolder: () => readDataFolder(),
  now: systemClock.now,
  pause: (milliseconds, over) => {
    const signal = over ? AbortSignal.any([stop.signal, over]) : stop.signal;
    return pause(milliseconds, undefined, { signal }).catch(() => undefined);
  },
  isScreen: process.stdout.isTTY === true,
  replace: replaceFile,
  environment: () => inheritedEnvironment(),
  start: (command, environment) => startChild(command, environment, (text) => process.stderr.write(text)),
  forwardSignals: (handle) => forwardSignals(handle, process.stdin.isTTY === true),
  stopped: stop.signal,
};

process.once('SIGINT', () => stop.abort());
// `parapet ... | head` closes the pipe early; that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), terminal, areas);
