/** The names under which AWS clients know our services: in ARNs, signatures, policies and records. */
import type { ServiceName } from './operation.ts';

export const AWS_NAMES: Readonly<Record<ServiceName, string>> = {
  iam: 'iam',
  kms: 'kms',
  ccms: 'secretsmanager',
  pca: 'acm-pca',
  org: 'organizations',
  audit: 'cloudtrail',
};

const SUFFIXES: Readonly<Record<string, string>> = {
  'aws-cn': 'amazonaws.com.cn',
  'aws-eusc': 'amazonaws.eu',
  'aws-iso': 'c2s.ic.gov',
  'aws-iso-b': 'sc2s.sgov.gov',
  'aws-iso-e': 'cloud.adc-e.uk',
  'aws-iso-f': 'csp.hci.ic.gov',
};

/** The end of host names of a partition, as AWS clients have it; of partitions of one's own that of `aws`. */
export function dnsSuffix(partition: string): string {
  return SUFFIXES[partition] ?? 'amazonaws.com';
}

/** `secretsmanager.local-1.amazonaws.com`: a service in a region, as `kms:ViaService` has it. */
export function regionalName(service: ServiceName, place: { region: string; partition: string }): string {
  return `${AWS_NAMES[service]}.${place.region}.${dnsSuffix(place.partition)}`;
}

/** `secretsmanager.amazonaws.com`: a service as somebody who acts; the same in every partition. */
export function servicePrincipal(service: ServiceName): string {
  return `${AWS_NAMES[service]}.amazonaws.com`;
}
