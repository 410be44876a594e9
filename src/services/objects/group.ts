export const OBJECTS_GROUP = 'objects.casemate.internal';
