/** A terminal in memory over the real file system, with the settings of a test server. */
import { readFile, writeFile } from 'node:fs/promises';
import { type ClientSettings, inheritedEnvironment } from '../../platform/config/client.ts';
import { readConfig } from '../../platform/config/config.ts';
import { TEST_KEY, TEST_REGION } from '../../sdk/testing/server.ts';
import { startChild } from '../child-process.ts';
import { replaceFile } from '../secrets/replace-file.ts';
import type { Terminal } from '../terminal.ts';

export interface TestTerminal extends Terminal {
  /** Everything printed so far. */
  stdout(): string;
  stderr(): string;
  /** Ends commands that go on for ever. */
  stop(): void;
}

export interface TestTerminalOptions {
  endpoint?: string;
  settings?: Partial<ClientSettings>;
  stdin?: string;
  dataFolder?: string;
  now?: () => number;
  pause?: (milliseconds: number, over?: AbortSignal) => Promise<void>;
  isScreen?: boolean;
}

export function testTerminal(options: TestTerminalOptions = {}): TestTerminal {
  const out: string[] = [];
  const err: string[] = [];
  const stop = new AbortController();
  return {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    read: async (path) => (path === '-' ? Buffer.from(options.stdin ?? '') : readFile(path)),
    write: (path, data) => writeFile(path, data, { mode: 0o600 }),
    settings: () => ({
      endpoint: options.endpoint ?? 'http://127.0.0.1:9',
      region: TEST_REGION,
      accessKey: TEST_KEY,
      ...options.settings,
    }),
    serverSettings: () => readConfig({ ...(options.dataFolder !== undefined && { PARAPET_DATA: options.dataFolder }) }),
    dataFolder: () => options.dataFolder ?? '/nonexistent',
    now: options.now ?? Date.now,
    pause: options.pause ?? (() => Promise.resolve()),
    isScreen: options.isScreen ?? false,
    replace: replaceFile,
    environment: () => inheritedEnvironment(),
    start: (command, environment) => startChild(command, environment, (text) => err.push(text)),
    forwardSignals: () => () => undefined,
    stopped: stop.signal,
    stdout: () => out.join(''),
    stderr: () => err.join(''),
    stop: () => stop.abort(),
  };
}
