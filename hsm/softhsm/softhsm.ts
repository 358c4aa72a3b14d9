/**
 * SoftHSM as the HSM of a data folder: what a composition root passes to `connectHsm`. SoftHSM keeps the token in files
 * encrypted under a key derived from the PIN: whoever reads the `hsm` folder has the root keys. For development, tests
 * and installations that accept that; it refuses to pretend otherwise (`backend` is `softhsm` in every status).
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ConnectOptions } from '../agent/client.ts';
import type { AgentSettings } from '../agent/settings.ts';
import { tokenFolder } from './files.ts';
import { findSoftHsmLibrary } from './library.ts';

export interface SoftHsmOptions {
  /** The product's data folder; token, PIN and socket live in its `hsm` folder (mode 0700). */
  dataFolder: string;
  /** Name of the token's folder in it, default `hsm`. */
  folder?: string;
  /** Default `hsm/agent.sock` in the data folder; its folder must be 0700. */
  socketPath?: string;
  /** Path of the library; absent: where distributions put it. */
  library?: string;
  log?: 'inherit' | 'ignore';
  /** It is one of a pair. */
  mayPair?: boolean;
  tuning?: Partial<Pick<AgentSettings, 'sessions' | 'probeMs' | 'reopenMs' | 'lingerMs'>>;
}

/** Throws `unavailable`, naming the package to install, when SoftHSM is not on this machine. */
export function softHsm(options: SoftHsmOptions): ConnectOptions {
  const { library } = options;
  findSoftHsmLibrary(library === undefined ? undefined : [library]);
  const dataFolder = resolve(options.dataFolder);
  const files = tokenFolder(dataFolder, options.folder);
  mkdirSync(files.folder, { recursive: true, mode: 0o700 });
  chmodSync(files.folder, 0o700);
  return {
    socketPath: options.socketPath ?? join(files.folder, 'agent.sock'),
    spawn: {
      backend: 'softhsm',
      softHsmDataFolder: dataFolder,
      ...(options.folder !== undefined && { softHsmFolder: options.folder }),
      ...(library !== undefined && { softHsmLibrary: library }),
      ...(options.mayPair && { mayPair: true }),
      environment: { SOFTHSM2_CONF: files.configuration },
      log: options.log ?? 'inherit',
      ...options.tuning,
    },
  };
}
