/** The fields of the resource definitions that the page about Kubernetes writes: no other may stand in a manifest. */
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';

const text = z.string().min(1);
const texts = z.record(text, text);
const metadata = z.strictObject({ name: text, namespace: text.optional() });
const keyOf = z.strictObject({ name: text, namespace: text.optional(), key: text });

const resource = <Kind extends string, Rest extends z.ZodRawShape>(apiVersion: string, kind: Kind, rest: Rest) =>
  z.strictObject({ apiVersion: z.literal(apiVersion), kind: z.literal(kind), metadata, ...rest });

const Manifest = z.discriminatedUnion('kind', [
  resource('v1', 'Secret', { stringData: texts }),
  resource('v1', 'ConfigMap', { data: texts }),
  resource('external-secrets.io/v1', 'ClusterSecretStore', {
    spec: z.strictObject({
      provider: z.strictObject({
        aws: z.strictObject({
          service: z.enum(['SecretsManager', 'ParameterStore']),
          region: text,
          role: text.optional(),
          auth: z.strictObject({
            secretRef: z.strictObject({ accessKeyIDSecretRef: keyOf, secretAccessKeySecretRef: keyOf }),
          }),
        }),
      }),
    }),
  }),
  resource('external-secrets.io/v1', 'ExternalSecret', {
    spec: z.strictObject({
      refreshInterval: z.string().regex(/^(\d+[hms])+$/),
      secretStoreRef: z.strictObject({ name: text, kind: z.enum(['SecretStore', 'ClusterSecretStore']) }),
      target: z.strictObject({ name: text }),
      data: z.array(
        z.strictObject({
          secretKey: text,
          remoteRef: z.strictObject({ key: text, property: text.optional(), version: text.optional() }),
        }),
      ),
    }),
  }),
  resource('awspca.cert-manager.io/v1beta1', 'AWSPCAClusterIssuer', {
    spec: z.strictObject({
      arn: text,
      region: text,
      role: text.optional(),
      secretRef: z.strictObject({ name: text, namespace: text }),
    }),
  }),
  resource('cert-manager.io/v1', 'Certificate', {
    spec: z.strictObject({
      secretName: text,
      commonName: text,
      dnsNames: z.array(text),
      duration: z.string().regex(/^(\d+[hms])+$/),
      usages: z.array(z.enum(['server auth', 'client auth', 'digital signature', 'key encipherment'])),
      privateKey: z.strictObject({ algorithm: z.enum(['RSA', 'ECDSA', 'Ed25519']), size: z.number() }),
      issuerRef: z.strictObject({ group: text, kind: text, name: text }),
    }),
  }),
]);

/** The kinds in a file of manifests; throws for anything that is none. */
export function kindsIn(file: string): string[] {
  return parseAllDocuments(file).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return Manifest.parse(document.toJS()).kind;
  });
}
