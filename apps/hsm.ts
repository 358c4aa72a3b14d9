/** The HSM of this node: a SoftHSM token in the data folder, or the PKCS#11 module the operator names. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentHsm, connectHsm } from '../hsm/agent/client.ts';
import { HsmError } from '../hsm/port.ts';
import { softHsm } from '../hsm/softhsm/softhsm.ts';
import type { Config } from '../platform/config/config.ts';
import type { DataFolders } from './files.ts';

/** Connects and waits until the token serves; throws `HsmError` with a hint when it does not. */
export async function openHsm(config: Config, folders: DataFolders): Promise<AgentHsm> {
  const hsm = connectHsm(
    config.hsm.pinFile === undefined ? softHsmToken(config, folders) : vendorToken(config, folders),
  );
  try {
    await hsm.ready();
    return hsm;
  } catch (error) {
    await hsm.close();
    throw error;
  }
}

function softHsmToken(config: Config, folders: DataFolders) {
  const library = config.hsm.module;
  return softHsm({ dataFolder: folders.root, ...(library !== undefined && { library }) });
}

/** `token.json` beside the PIN file: `{ label, serial, fingerprints? }`, written at the key ceremony. */
function vendorToken(config: Config, folders: DataFolders) {
  const { module, pinFile } = config.hsm;
  if (module === undefined || pinFile === undefined) {
    throw new HsmError('invalid', 'PARAPET_HSM_PIN_FILE is set without PARAPET_HSM_MODULE', {
      hint: 'name the PKCS#11 library too',
    });
  }
  const token = JSON.parse(readFileSync(join(pinFile, '..', 'token.json'), 'utf8')) as {
    label: string;
    serial: string;
  };
  return {
    socketPath: join(folders.run, 'hsm.sock'),
    spawn: { backend: 'pkcs11', token: { library: module, pinFile, ...token }, environment: {} },
  };
}
