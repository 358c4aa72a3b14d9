/** Names that an alias may have. */
export interface AliasNameProblem {
  code: 'Validation' | 'InvalidAliasName';
  message: string;
}

/** Aliases of default keys. Customers cannot make, move or remove aliases that begin so. */
export const RESERVED_PREFIX = 'alias/aws/';

const NAME = /^alias\/[a-zA-Z0-9:/_-]+$/;

export function aliasNameProblem(name: string): AliasNameProblem | undefined {
  if (!NAME.test(name)) {
    return {
      code: 'Validation',
      message:
        'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    };
  }
  if (name.startsWith(RESERVED_PREFIX)) {
    return { code: 'InvalidAliasName', message: `aliases that begin with ${RESERVED_PREFIX} are reserved` };
  }
  return undefined;
}
