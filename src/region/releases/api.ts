/** What an upgrade asks the API, as the first operator, whose kubeconfig lies in the data folder. Reads only. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { parse } from 'yaml';
import { readKubeconfig } from '#trust/certificates/kubeconfig.ts';
import type { Layout } from '../layout.ts';
import { ANSWER_BYTES_MAX, REQUEST_LIMIT_MS } from './bounds.ts';

export interface Answer {
  readonly code: number;
  readonly body: Buffer;
}

/** `get` throws where nothing answers in time; whatever is answered, it gives. */
export interface OperatorApi {
  get(path: string): Promise<Answer>;
  close(): void;
}

interface Clusters {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ];
}

export function operatorApi({ operatorKubeconfig }: Pick<Layout, 'operatorKubeconfig'>): OperatorApi {
  const text = readFileSync(operatorKubeconfig, 'utf8');
  const { certificate, key } = readKubeconfig(text);
  const [{ cluster }] = (parse(text) as Clusters).clusters;
  const agent = new Agent({
    ca: Buffer.from(cluster['certificate-authority-data'], 'base64'),
    cert: certificate,
    key,
    keepAlive: false,
  });
  return {
    get: (path) =>
      new Promise((resolve, reject) => {
        const asked = request(
          `${cluster.server}${path}`,
          { agent, timeout: REQUEST_LIMIT_MS },
          (response) => {
            const chunks: Buffer[] = [];
            let size = 0;
            response.on('data', (chunk: Buffer) => {
              size += chunk.length;
              if (size > ANSWER_BYTES_MAX)
                asked.destroy(new Error(`${path}: more than ${ANSWER_BYTES_MAX} bytes`));
              else chunks.push(chunk);
            });
            response.once('end', () =>
              resolve({ code: response.statusCode ?? 0, body: Buffer.concat(chunks) }),
            );
            response.once('error', reject);
          },
        );
        asked.once('timeout', () =>
          asked.destroy(new Error(`${path}: no answer within ${REQUEST_LIMIT_MS} ms`)),
        );
        asked.once('error', reject);
        asked.end();
      }),
    close: () => agent.destroy(),
  };
}
