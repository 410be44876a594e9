/** An access key as programs take it. Pure. */
export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** For a shell, as `casemate access-key create -o env` writes it. Pure. */
export const envOf = ({ accessKeyId, secretAccessKey }: KeyPair, endpoint: string | undefined): string =>
  [
    `export AWS_ACCESS_KEY_ID=${accessKeyId}`,
    `export AWS_SECRET_ACCESS_KEY=${secretAccessKey}`,
    ...(endpoint === undefined ? [] : [`export AWS_ENDPOINT_URL=${endpoint}`]),
    'export AWS_DEFAULT_REGION=us-east-1',
  ].join('\n');
