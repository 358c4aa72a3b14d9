import { HsmError } from '../port.ts';

/** What the agent is told on its command line, as one JSON argument: paths and numbers, never a secret. */
export interface AgentSettings {
  socketPath: string;
  backend: string;
  /** A SoftHSM token in this data folder, made on first run. SOFTHSM2_CONF must be set for the agent. */
  softHsmDataFolder?: string;
  /** Name of its folder there, default `hsm`. */
  softHsmFolder?: string;
  /** Path of the SoftHSM library; absent: where distributions put it. */
  softHsmLibrary?: string;
  /** Any other token, made in a key ceremony: named by label and serial, with its PIN in a file of mode 0600. */
  token?: { library: string; label: string; serial: string; pinFile: string; fingerprints?: Record<string, string> };
  /** The token may be paired with another one. */
  mayPair?: boolean;
  sessions: number;
  probeMs: number;
  reopenMs: number;
  /** How long the agent outlives its last client. */
  lingerMs: number;
}

export const DEFAULT_SETTINGS = { sessions: 8, probeMs: 2000, reopenMs: 1000, lingerMs: 5000 } as const;

/** Throws `invalid`. */
export function parseSettings(argument: string | undefined): AgentSettings {
  let given: Partial<AgentSettings>;
  try {
    given = JSON.parse(argument ?? '') as Partial<AgentSettings>;
  } catch {
    throw new HsmError('invalid', 'settings of the HSM agent are not JSON');
  }
  const settings = { ...DEFAULT_SETTINGS, ...given };
  const numbers = [settings.sessions, settings.probeMs, settings.reopenMs, settings.lingerMs];
  if (typeof settings.socketPath !== 'string' || typeof settings.backend !== 'string') {
    throw new HsmError('invalid', 'settings of the HSM agent name no socket or backend');
  }
  if ((settings.softHsmDataFolder === undefined) === (settings.token === undefined)) {
    throw new HsmError('invalid', 'settings of the HSM agent name no token, or two');
  }
  if (!numbers.every((value) => Number.isInteger(value) && value > 0)) {
    throw new HsmError('invalid', 'settings of the HSM agent hold a number out of range');
  }
  return { ...settings, socketPath: settings.socketPath, backend: settings.backend };
}
