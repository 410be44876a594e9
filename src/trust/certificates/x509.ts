/** The one place that loads @peculiar/x509, after what it needs. Nothing else may import the package. */
import './reflect.ts';

export * from '@peculiar/x509';
