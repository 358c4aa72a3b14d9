/** Who may import whom: docs/architecture.md, "Layers". `scripts/check.mjs` also demands a floor of modules seen. */
const notOurs = '^(apps|backup|services|policies|hsm|platform|derive|gateways|sdk|cli|console|test|bench|scripts|tlog)/';
const tests = '(\\.test\\.ts$|/testing/)';

const rule = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });

module.exports = {
  forbidden: [
    rule('no-cycles', { pathNot: tests }, { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }, 'no import cycles'),
    rule('contract-imports-nothing', { path: '^platform/contract/', pathNot: tests }, { path: notOurs, pathNot: '^platform/contract/' }, 'the contract stands alone'),
    rule('engine-imports-nothing', { path: '^policies/engine/', pathNot: tests }, { path: notOurs, pathNot: '^policies/engine/' }, 'the engine stands alone'),
    rule('tlog-stands-alone', { path: '^tlog/', pathNot: tests }, { path: '^(?!tlog/|crypto$|node:crypto$)' }, 'verifiers need node:crypto and nothing else'),
    rule('guardrails-are-a-library', { path: '^policies/(guardrails|baselines)/', pathNot: tests }, { path: notOurs, pathNot: '^policies/' }, 'guardrails know the engine only'),
    rule('hsm-port-imports-nothing', { path: '^hsm/port\\.ts$' }, { path: notOurs }, 'the port stands alone'),
    rule('api-is-pure', { path: '^services/[^/]+/api/', pathNot: tests }, { path: notOurs, pathNot: '^(platform/contract/|services/[^/]+/api/)' }, 'declarations import the contract'),
    rule('domain-is-pure', { path: '^services/([^/]+)/domain/', pathNot: tests }, { path: notOurs, pathNot: '^(services/$1/(api|domain)/|policies/(engine|guardrails|baselines)/|platform/contract/|tlog/)' }, 'rules import no I/O'),
    rule('platform-knows-no-service', { path: '^platform/', pathNot: tests }, { path: '^(services|gateways|apps|hsm/(pkcs11|agent|softhsm|memory|custody)|derive|sdk|cli)/' }, 'the platform is below the services'),
    rule('services-meet-at-api', { path: '^services/([^/]+)/', pathNot: tests }, { path: '^services/([^/]+)/', pathNot: '^services/($1/|[^/]+/api/)' }, 'of other services only api'),
    rule('services-use-the-port', { path: '^services/', pathNot: tests }, { path: '^hsm/', pathNot: '^hsm/port\\.ts$' }, 'services see the HSM port only'),
    rule('edges-import-declarations', { path: '^(gateways|derive|sdk|cli)/', pathNot: tests }, { path: '^services/', pathNot: '^services/[^/]+/(api/|domain/(chain|verify-stream)\\.ts$|domain/export/|domain/landing-zone/file/)' }, 'edges see declarations; verifiers, forms of exports and the reader of landing zones are shared on purpose'),
    rule('backup-reads-what-is-kept', { path: '^backup/', pathNot: tests }, { path: notOurs, pathNot: '^(backup/|tlog/|platform/(store|config|tls|contract|runtime)/)' }, 'backups know files, stores and the log, and no service'),
    rule('only-apps-compose', { path: '^(services|platform|gateways|derive|sdk|cli|policies|hsm|backup)/' }, { path: '^apps/' }, 'nobody imports apps'),
    rule('pkcs11js-in-its-folder', { pathNot: '^hsm/pkcs11/' }, { path: 'node_modules/pkcs11js' }, 'one adapter'),
    rule('curves-in-custody', { pathNot: '^hsm/custody/' }, { path: 'node_modules/@noble/' }, 'private keys are used in custody'),
    rule('sqlite-in-the-store', { pathNot: '^platform/store/' }, { path: 'node_modules/better-sqlite3/' }, 'one storage layer'),
    rule('pg-in-the-store', { pathNot: '^(platform/store/|services/ccms/targets/(postgres|testing)/)' }, { path: 'node_modules/pg/' }, 'one storage layer; the databases of others have their adapters'),
    rule('target-drivers-in-their-adapters', { pathNot: '^services/ccms/targets/(mariadb|redis|testing)/' }, { path: 'node_modules/(mysql2|@redis/client)/' }, 'one adapter each'),
    rule('targets-stand-apart', { path: '^services/ccms/targets/', pathNot: tests }, { path: notOurs, pathNot: '^(services/ccms/(targets|domain)/|platform/net/)' }, 'adapters know the port, the pure rules and what networks are allowed'),
    rule('kysely-in-stores', { pathNot: '^(platform/|services/[^/]+/(store|jobs|testing|index|deps|sequencer)|test/)' }, { path: 'node_modules/kysely/' }, 'queries live in store folders'),
    rule('express-in-http', { pathNot: '^platform/http/' }, { path: 'node_modules/express/' }, 'express is not on the hot path'),
    rule('no-agpl', {}, { path: 'node_modules/@cloud-copilot' }, 'AGPL code is never linked'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|bench/peers)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.mjs', '.json'] },
  },
};
