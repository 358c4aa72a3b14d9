/** Every generated file and what it must hold. `main.ts` writes them, `check.ts` compares. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { landingZoneSchema } from '../services/org/api/landing-zone/file.ts';
import { actionsReference } from './docs/actions.ts';
import { awsCompatibility } from './docs/aws-compatibility.ts';
import { configurationReference } from './docs/configuration.ts';
import { errorsReference } from './docs/errors.ts';
import { replaceSection } from './docs/markdown.ts';
import { operationsReference, serviceTable } from './docs/operations.ts';
import { modelName, publishedModelsPresent, readPublishedModel } from './drift/published-model.ts';
import { operations, serviceApis } from './operations.ts';
import { sdkAreas } from './sdk-areas.ts';

export interface Artifact {
  /** From the root of the repository. */
  path: string;
  /** What is there now; undefined when the file does not exist. */
  current: string | undefined;
  /** What must be there; undefined when it cannot be made, and `problem` says why. */
  wanted: string | undefined;
  problem?: string;
}

const AWS_AREAS = ['kms', 'ccms', 'pca', 'iam', 'sts', 'org'];
const READMES_SECTION = 'operations';

export function artifacts(root: string): Artifact[] {
  const read = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);
  const whole = (path: string, wanted: string): Artifact => ({ path, current: read(path), wanted });
  return [
    whole('sdk/areas.ts', sdkAreas(serviceApis)),
    ...serviceApis.map(({ service, table }) =>
      inReadme(
        `services/${service}/README.md`,
        read(`services/${service}/README.md`),
        serviceTable(Object.values(table)),
      ),
    ),
    whole('docs/reference/operations.md', operationsReference(operations)),
    whole('docs/reference/actions.md', actionsReference(operations)),
    whole('docs/reference/errors.md', errorsReference(operations)),
    whole('docs/reference/configuration.md', configurationReference()),
    whole('docs/reference/landing-zone.schema.json', `${JSON.stringify(landingZoneSchema(), undefined, 2)}\n`),
    ...compatibility('docs/reference/aws-compatibility.md', read),
  ];
}

function inReadme(path: string, current: string | undefined, content: string): Artifact {
  if (current === undefined) return { path, current, wanted: undefined, problem: 'does not exist' };
  const wanted = replaceSection(current, READMES_SECTION, content);
  if (wanted !== undefined) return { path, current, wanted };
  return { path, current, wanted, problem: `has no <!-- ${READMES_SECTION} --> and <!-- /${READMES_SECTION} -->` };
}

/** The models lie beside the checkout; without them the committed file is kept as it is. */
function compatibility(path: string, read: (path: string) => string | undefined): Artifact[] {
  if (!publishedModelsPresent()) return [];
  const models = new Map(AWS_AREAS.map((area) => [area, readPublishedModel(modelName(area))] as const));
  return [{ path, current: read(path), wanted: awsCompatibility(operations, models) }];
}
