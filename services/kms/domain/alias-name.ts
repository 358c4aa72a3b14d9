/** Names that an alias may have. */
export interface AliasNameProblem {
  code: 'Validation' | 'InvalidAliasName';
  message: string;
}

const NAME = /^alias\/[a-zA-Z0-9:/_-]+$/;

export function aliasNameProblem(name: string): AliasNameProblem | undefined {
  if (!NAME.test(name)) {
    return {
      code: 'Validation',
      message:
        'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    };
  }
  if (name.startsWith('alias/aws/')) {
    return { code: 'InvalidAliasName', message: 'aliases that begin with alias/aws/ are reserved' };
  }
  return undefined;
}
