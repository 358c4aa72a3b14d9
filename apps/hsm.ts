/** The HSM of this node: SoftHSM in the data folder or the PKCS#11 module the operator names; one token, or a pair. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConnectOptions, connectHsm } from '../hsm/agent/client.ts';
import { connectHsmPair } from '../hsm/pair/pair.ts';
import { type Hsm, HsmError, type HsmStatus } from '../hsm/port.ts';
import { softHsm } from '../hsm/softhsm/softhsm.ts';
import type { Config } from '../platform/config/config.ts';
import type { DataFolders } from './files.ts';

export interface NodeHsm extends Hsm {
  ready(): Promise<HsmStatus>;
  close(): Promise<void>;
}

/** Connects and waits until the token serves (of a pair: one of them); throws `HsmError` with a hint when it does not. */
export async function openHsm(config: Config, folders: DataFolders): Promise<NodeHsm> {
  const { second } = config.hsm;
  const mayPair = second !== undefined;
  const first = connectHsm(tokenOf(config.hsm, folders, 'hsm', mayPair));
  const hsm = mayPair ? connectHsmPair(first, connectHsm(tokenOf(second, folders, 'hsm-b', mayPair))) : first;
  try {
    await hsm.ready();
    return hsm;
  } catch (error) {
    await hsm.close();
    throw error;
  }
}

export async function hsmState(hsm: Hsm): Promise<{ ok: boolean; detail: string }> {
  const status = await hsm.status();
  const { tokens } = status;
  if (tokens === undefined) return { ok: status.state === 'ready', detail: detailOf(status) };
  const [first, second] = tokens.map(detailOf);
  const pair = status.form === undefined ? 'not paired yet' : 'pair';
  return { ok: status.state === 'ready', detail: `${pair}; first: ${first}; second: ${second}` };
}

function detailOf(status: HsmStatus): string {
  return status.reason ?? `token ${status.tokenLabel}`;
}

type Token = NonNullable<Config['hsm']['second']>;

/** `folder`: of a SoftHSM token in the data folder; also names the socket of another one. */
function tokenOf(token: Token, folders: DataFolders, folder: string, mayPair: boolean): ConnectOptions {
  const { module, pinFile } = token;
  if (pinFile !== undefined) return vendorToken(module, pinFile, join(folders.run, `${folder}.sock`), mayPair);
  return softHsm({ dataFolder: folders.root, folder, mayPair, ...(module !== undefined && { library: module }) });
}

/** `token.json` beside the PIN file: `{ label, serial, fingerprints? }`, written at the key ceremony. */
function vendorToken(
  module: string | undefined,
  pinFile: string,
  socketPath: string,
  mayPair: boolean,
): ConnectOptions {
  if (module === undefined) {
    throw new HsmError('invalid', 'PARAPET_HSM_PIN_FILE is set without PARAPET_HSM_MODULE', {
      hint: 'name the PKCS#11 library too',
    });
  }
  const token = JSON.parse(readFileSync(join(pinFile, '..', 'token.json'), 'utf8')) as {
    label: string;
    serial: string;
  };
  return {
    socketPath,
    spawn: {
      backend: 'pkcs11',
      token: { library: module, pinFile, ...token },
      environment: {},
      ...(mayPair && { mayPair }),
    },
  };
}
