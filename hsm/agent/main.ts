/**
 * The HSM agent: the one process that has a token open and keys in the clear. Started by a client (`connectHsm`) or by
 * hand with one JSON argument (`AgentSettings`). It serves a unix socket that only its own user can reach, has no
 * network, takes no secret from argv or environment, and leaves 5 s after its last client (so a killed server leaves no
 * orphan). A second agent on the same socket leaves at once with exit code 0.
 */
import { existsSync, lstatSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PartnerStore } from '../custody/partner.ts';
import { loadModule } from '../pkcs11/module.ts';
import { readPinFile } from '../pkcs11/pin-file.ts';
import { Pkcs11Roots } from '../pkcs11/pkcs11-roots.ts';
import type { TokenRecord } from '../pkcs11/token.ts';
import { HsmError, type HsmStatus } from '../port.ts';
import { ensureToken } from '../softhsm/ensure-token.ts';
import { readRecord, tokenFolder, writeDurably, writeRecord } from '../softhsm/files.ts';
import { findSoftHsmLibrary } from '../softhsm/library.ts';
import { TokenKeeper } from './keeper.ts';
import { AgentServer } from './server.ts';
import { type AgentSettings, parseSettings } from './settings.ts';
import { checkSocketPath, isListening, removeStaleSocket } from './socket-path.ts';

const now = () => performance.now();
const log = (line: string) => process.stderr.write(`hsm agent: ${line}\n`);

async function main(): Promise<void> {
  const settings = parseSettings(process.argv[2]);
  process.umask(0o077);
  keepMemoryOutOfCoreDumps();
  checkSocketPath(settings.socketPath);
  const keeper = new TokenKeeper({
    prepare: () => prepareToken(settings),
    partner: partnerFile(join(dirname(pinFileOf(settings)), 'partner.json'), settings.mayPair === true),
    pinVersion: () => fileVersion(pinFileOf(settings)),
    now,
    log,
    probeMs: settings.probeMs,
    reopenMs: settings.reopenMs,
  });
  let leaving: NodeJS.Timeout | undefined;
  const server: AgentServer = new AgentServer({
    state: { ready: () => keeper.ready(), status: () => statusOf(settings, keeper, server) },
    now,
    onBusy: () => clearTimeout(leaving),
    onIdle: (released) => {
      clearTimeout(leaving);
      leaving = setTimeout(leave, released ? 0 : settings.lingerMs);
    },
  });
  // The path is claimed before the token is touched: binding is what keeps two agents from setting up one token.
  if (!(await claim(server, settings.socketPath))) {
    log(`another agent serves ${settings.socketPath}`);
    return;
  }
  const inode = lstatSync(settings.socketPath).ino;
  // Nobody may ever come: a client that started us and died before it could connect.
  leaving = setTimeout(leave, Math.max(settings.lingerMs, 10_000));

  function leave(): void {
    if (server.connections > 0) return;
    stop();
  }
  function stop(): void {
    server.close();
    keeper.close();
    if (lstatSync(settings.socketPath, { throwIfNoEntry: false })?.ino === inode) rmSync(settings.socketPath);
    process.exit(0);
  }
  process.on('SIGTERM', stop);
  // Ctrl-C at the terminal goes to the whole group; the server drains first and needs its keys for that.
  process.on('SIGINT', () => {});

  await keeper.start();
  server.start();
}

async function claim(server: AgentServer, socketPath: string): Promise<boolean> {
  for (;;) {
    try {
      await server.listen(socketPath);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      if (await isListening(socketPath)) return false;
      if ((await removeStaleSocket(socketPath)) === 'alive') return false;
    }
  }
}

async function prepareToken(settings: AgentSettings): Promise<Pkcs11Roots> {
  const { sessions } = settings;
  const readPin = () => readPinFile(pinFileOf(settings));
  // Beside the PIN, whoever made the token: it changes when the root is rotated.
  const file = { record: join(dirname(pinFileOf(settings)), 'token.json') };
  const keeping = { readPin, sessions, writeRecord: (record: TokenRecord) => writeRecord(file, record) };
  if (settings.token !== undefined) {
    const { library, label, serial, fingerprints } = settings.token;
    const recorded = readRecord(file);
    if (recorded !== undefined && (recorded.label !== label || recorded.serial !== serial)) {
      throw new HsmError('unavailable', `token record ${file.record} is of another token`);
    }
    const module = await loadModule(library);
    return new Pkcs11Roots(
      module,
      { token: { label, serial }, ...keeping },
      recorded ?? (fingerprints && { fingerprints }),
    );
  }
  const { softHsmLibrary } = settings;
  const module = await loadModule(findSoftHsmLibrary(softHsmLibrary === undefined ? undefined : [softHsmLibrary]));
  const record = ensureToken(module, tokenFolder(settings.softHsmDataFolder!, settings.softHsmFolder));
  return new Pkcs11Roots(module, { token: record, ...keeping }, record);
}

function pinFileOf(settings: AgentSettings): string {
  return settings.token?.pinFile ?? tokenFolder(settings.softHsmDataFolder!, settings.softHsmFolder).pin;
}

function partnerFile(path: string, mayPair: boolean): PartnerStore {
  return {
    mayPair,
    read: () => (existsSync(path) ? readFileSync(path) : undefined),
    write: (record) => writeDurably(path, record),
  };
}

function fileVersion(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 'missing' : `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
}

function statusOf(settings: AgentSettings, keeper: TokenKeeper, server: AgentServer): HsmStatus {
  const { label, serial, fingerprints } = keeper.identity;
  return {
    state: keeper.isUp ? 'ready' : 'unavailable',
    ...keeper.failure,
    backend: settings.backend,
    tokenLabel: label,
    tokenSerial: serial,
    ...keeper.roots,
    custody: 'process',
    fingerprints,
    counters: { ...server.counters, ...keeper.counters, ...keeper.custodyCounters(), clients: server.connections },
  };
}

/** core(5): with no bit set, a core dump holds none of our mappings. Best effort: not every kernel has the file. */
function keepMemoryOutOfCoreDumps(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0x0');
  } catch {
    // The service manager's limit on core files is the first line anyway.
  }
}

main().catch((error: unknown) => {
  const hint = error instanceof HsmError && error.hint !== undefined ? ` (${error.hint})` : '';
  log(error instanceof HsmError ? error.message + hint : `ended by ${error instanceof Error ? error.name : 'a fault'}`);
  process.exit(1);
});
