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
import { storesOf } from './pki-stores.ts';

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
    | 'auditWitnesses'
    | 'outsideNetworks'
  >,
): readonly AnyService[] {
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
      stores: storesOf(config.pkiStores, config),
      reportStores: storesOf(config.pkiReportStores, config),
      acme: {
        networks: config.acmeNetworks,
        resolvers: config.acmeResolvers,
        ports: { http: config.acmeHttpPort, tls: config.acmeTlsPort },
      },
      outsideNetworks: config.outsideNetworks,
    }),
    defineOrg(config.awsStrictLimits ? { limits: ORG_STRICT_LIMITS } : {}),
    defineAudit({ witnesses: witnessesOf(config) }),
  ];
}

export const SERVICE_NAMES = ['iam', 'kms', 'ccms', 'pca', 'org', 'audit'];
