/** What of each AWS service is there: the declarations against the operations of the published models. */
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { ACCEPTED } from '../drift/accepted.ts';
import type { WireModel } from '../drift/wire-model.ts';
import { code, GENERATED, table } from './markdown.ts';

const TITLES: Readonly<Record<string, string>> = {
  kms: 'KMS',
  ccms: 'Secrets Manager',
  pca: 'Private CA',
  iam: 'IAM',
  sts: 'STS',
  org: 'Organizations',
};

/** `models` by area, in the order of the document. */
export function awsCompatibility(operations: readonly AnyOperation[], models: ReadonlyMap<string, WireModel>): string {
  const bound = (area: string) => operations.filter((o) => o.area === area && o.aws !== undefined);
  const counts = [...models].map(([area, model]) => [
    TITLES[area] ?? area,
    String(bound(area).length),
    String(model.operations.size),
  ]);
  const sections = [...models].map(([area, model]) => service(area, bound(area), model));
  return `${GENERATED}# AWS compatibility

Unmodified clients (AWS CLI, SDKs, Terraform) reach these operations at the one endpoint. An operation that is missing
answers \`UnknownOperationException\` or \`InvalidAction\`. A member that is known and not supported is refused when it is
present: ignoring \`DryRun\` would execute.

${table(['service', 'implemented', 'in the model'], counts)}
${sections.join('\n')}
## Differences that are meant

${table(
  ['difference', 'reason'],
  [...ACCEPTED].map(([difference, reason]) => [difference, reason]),
)}`;
}

function service(area: string, operations: readonly AnyOperation[], model: WireModel): string {
  const rows = operations.map((o) => [code(o.name), (o.aws?.unsupported ?? []).map(code).join(', ')]);
  const names = new Set(operations.map((o) => o.name));
  const missing = [...model.operations.keys()].filter((name) => !names.has(name));
  return `## ${TITLES[area] ?? area}

${table(['operation', 'members that are refused'], rows)}
Not implemented: ${missing.map(code).join(', ')}.
`;
}
