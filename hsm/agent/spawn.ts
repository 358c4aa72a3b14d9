/** Starting the agent process: from `.ts` in development and tests, from `.js` in a release. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type AgentSettings, DEFAULT_SETTINGS } from './settings.ts';

export type SpawnOptions = Pick<AgentSettings, 'backend'> &
  Partial<Omit<AgentSettings, 'socketPath' | 'backend'>> & {
    /** The agent's whole environment (SOFTHSM2_CONF, a vendor's variables); nothing of ours is inherited. */
    environment: Record<string, string>;
    /** Where the agent's few lines go; default `inherit`. */
    log?: 'inherit' | 'ignore';
  };

/** Starts an agent for this socket; not in our process group, not keeping us running; `error` is for the caller. */
export function spawnAgent(socketPath: string, options: SpawnOptions): ChildProcess {
  const { environment, log = 'inherit', ...rest } = options;
  const settings: AgentSettings = { ...DEFAULT_SETTINGS, ...rest, socketPath };
  const here = fileURLToPath(import.meta.url);
  const extension = extname(here);
  const entry = join(here, '..', `main${extension}`);
  const child = spawn(process.execPath, ['--expose-gc', ...loaderFor(extension), entry, JSON.stringify(settings)], {
    cwd: join(here, '..'),
    detached: true,
    env: environment,
    stdio: ['ignore', 'ignore', log],
  });
  child.unref();
  return child;
}

/** Flags that make node run TypeScript: none for a release or where node strips types itself. */
function loaderFor(extension: string): string[] {
  if (extension !== '.ts' || (process.features as { typescript?: unknown }).typescript) return [];
  return ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];
}
