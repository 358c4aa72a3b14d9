/**
 * The two native modules: whether their builds can be used under this version of Node, and the environment they are
 * compiled in. A build that took Node's own object wrapper as it is since 24.19 aborts the process sooner or later
 * (object-wrap.h, ADR 7).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const scripts = dirname(fileURLToPath(import.meta.url));
const BUILT = {
  'better-sqlite3': 'build/Release/better_sqlite3.node',
  pkcs11js: 'build/Release/pkcs11.node',
};

/** Modules import it only for the destructor of that wrapper. */
const FAULT = 'RemoveEnvironmentCleanupHook';

export const NATIVE = Object.keys(BUILT);

/** A clause for each module that cannot be used. Loading tells builds for another version of Node, and takes time. */
export function problems({ load }) {
  return Object.entries(BUILT).flatMap(([name, built]) => {
    const path = join(scripts, '..', 'node_modules', name, built);
    const problem = flaw(path) ?? (load ? refusal(path) : undefined);
    return problem === undefined ? [] : [`${name} ${problem}`];
  });
}

function flaw(path) {
  if (!existsSync(path)) return 'was not built';
  if (readFileSync(path).includes(FAULT))
    return 'was built in a way that aborts (docs/adr/0007-sound-native-modules.md)';
  return undefined;
}

const LOADING = 'try { require(process.argv[1]) } catch (error) { console.log(error.message); process.exitCode = 1 }';

/** In a process of its own: what was loaded once is not read again. */
function refusal(path) {
  const { status, stdout } = spawnSync(process.execPath, ['-e', LOADING, path], { encoding: 'utf8' });
  return status === 0 ? undefined : `cannot be loaded: ${stdout.trim().replaceAll('\n', ' ')}`;
}

/** The folder goes through the environment: make would split a path with a space in CXXFLAGS. */
export function compileEnvironment() {
  const { CPLUS_INCLUDE_PATH, CXXFLAGS } = process.env;
  return {
    ...process.env,
    CPLUS_INCLUDE_PATH: CPLUS_INCLUDE_PATH ? `${scripts}${delimiter}${CPLUS_INCLUDE_PATH}` : scripts,
    CXXFLAGS: `${CXXFLAGS ?? ''} -include object-wrap.h`.trim(),
  };
}
