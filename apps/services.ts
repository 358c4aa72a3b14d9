/** Every service of the product. */
import { actionCatalogue } from '../derive/catalogue.ts';
import { operations } from '../derive/operations.ts';
import type { Config } from '../platform/config/config.ts';
import type { AnyService } from '../platform/runtime/service.ts';
import { defineAudit } from '../services/audit/index.ts';
import { defineCcms } from '../services/ccms/index.ts';
import { AWS_STRICT_LIMITS, defineIam } from '../services/iam/index.ts';
import { kmsService } from '../services/kms/index.ts';
import { defineOrg, AWS_STRICT_LIMITS as ORG_STRICT_LIMITS } from '../services/org/index.ts';
import { definePca } from '../services/pca/index.ts';
import { witnessesOf } from './audit-witnesses.ts';
import { objectStores } from './object-stores.ts';

/** `awsStrictLimits`: what AWS accepts, for policies that must stay portable. */
export function services(
  config: Pick<
    Config,
    | 'awsStrictLimits'
    | 'vaultKeyCacheSeconds'
    | 'vaultTargetNetworks'
    | 'vaultRevocationHold'
    | 'pkiUrl'
    | 'pkiShards'
    | 'pkiStores'
    | 'pkiReportStores'
    | 'pkiCredentialsFile'
    | 'acmeNetworks'
    | 'acmeResolvers'
    | 'acmeHttpPort'
    | 'acmeTlsPort'
    | 'exportNetworks'
    | 'auditStores'
    | 'auditCredentialsFile'
    | 'auditWitnesses'
    | 'outsideNetworks'
  >,
): readonly AnyService[] {
  const pkiStores = (named: Config['pkiStores']) =>
    objectStores(named, { setting: 'PARAPET_PKI_CREDENTIALS_FILE', path: config.pkiCredentialsFile });
  return [
    defineIam({
      catalogue: actionCatalogue(operations),
      ...(config.awsStrictLimits && { limits: AWS_STRICT_LIMITS }),
    }),
    kmsService,
    defineCcms({
      keyCacheSeconds: config.vaultKeyCacheSeconds,
      targetNetworks: config.vaultTargetNetworks,
      revocationHold: config.vaultRevocationHold,
    }),
    definePca({
      pkiUrl: config.pkiUrl,
      shards: config.pkiShards,
      stores: pkiStores(config.pkiStores),
      reportStores: pkiStores(config.pkiReportStores),
      acme: {
        networks: config.acmeNetworks,
        resolvers: config.acmeResolvers,
        ports: { http: config.acmeHttpPort, tls: config.acmeTlsPort },
      },
      outsideNetworks: config.outsideNetworks,
    }),
    defineOrg(config.awsStrictLimits ? { limits: ORG_STRICT_LIMITS } : {}),
    auditService(config),
  ];
}

export const SERVICE_NAMES = ['iam', 'kms', 'ccms', 'pca', 'org', 'audit'];

/** It also runs in a thread of its own. */
export function auditService(
  config: Pick<Config, 'auditWitnesses' | 'exportNetworks' | 'auditStores' | 'auditCredentialsFile'>,
): AnyService {
  return defineAudit({
    witnesses: witnessesOf(config),
    networks: config.exportNetworks,
    stores: objectStores(config.auditStores, {
      setting: 'PARAPET_AUDIT_CREDENTIALS_FILE',
      path: config.auditCredentialsFile,
    }),
  });
}
