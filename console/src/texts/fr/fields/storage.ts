/** What kinds of the group storage.casemate.internal say of their fields, in French: see `../../field-words.ts`. */
import type { FieldWords } from '../../field-words.ts';

export const words: FieldWords = {
  labels: {
    pool: 'Pool',
    'volume uid': 'Uid du volume',
    shared: 'Partagé',
    'made at': 'Créé le',
    'attached to': 'Attaché à',
    encrypted: 'Chiffré',
  },
  descriptions: {
    'A volume at one moment, to restore or to clone. It is deleted with its volume.':
      'Un volume à un instant donné, à restaurer ou à cloner. Il est supprimé avec son volume.',
    'Name of the volume that it keeps. It cannot be changed.':
      'Nom du volume qu’il garde. Ne peut pas changer.',
    'The very volume it was taken of.': 'Le volume précis dont il a été pris.',
    'Of the volume.': 'Du volume.',
    'Of the volume then: a clone needs at least as much.':
      'Du volume à ce moment : un clone en requiert au moins autant.',
    'When the volume was as it is kept.': 'Quand le volume était tel qu’il est gardé.',
    'What it keeps.': 'Ce qu’il garde.',
    'Of the volume then.': 'Du volume à ce moment.',
    'Storage of the project that instances have by naming it in spec.volumes, and that stays when they go. The condition Encrypted says whether it is encrypted where it lies.':
      'Un espace de stockage du projet que les instances ont en le nommant dans spec.volumes, et qui reste quand elles disparaissent. La condition Encrypted dit s’il est chiffré là où il se trouve.',
    'filesystem: instances see its files below a path. block: virtual machines see a disk of its own, and make of it what they like. It cannot be changed.':
      'filesystem : les instances voient ses fichiers sous un chemin. block : les machines virtuelles voient un disque à part et en font ce qu’elles veulent. Ne peut pas changer.',
    'How much it holds, from 16Mi to 16Ti. It grows while instances have it, of type block while no running one has it, and never shrinks. A quantity such as 2, 500m, 2Gi or 1.5G.':
      'Ce qu’il contient, de 16Mi à 16Ti. Il grandit pendant que des instances l’ont, s’il est de type block pendant qu’aucune instance en marche ne l’a, et ne rétrécit jamais. Une quantité comme 2, 500m, 2Gi ou 1.5G.',
    'Whether several instances may have it at once, all of them reading and writing the same files. Left out: one at a time. Not for type block.':
      'Si plusieurs instances peuvent l’avoir à la fois, toutes lisant et écrivant les mêmes fichiers. Sans valeur : une à la fois. Pas pour le type block.',
    'Begin as a copy of one of these, instead of empty. It cannot be changed.':
      'Commencer comme copie de l’un de ceux-ci, au lieu de vide. Ne peut pas changer.',
    'Name of a VolumeSnapshot of the project.': 'Nom d’un instantané de volume du projet.',
    'Name of a Volume of the project, as it is at that moment. What a running instance has not written out yet is missing.':
      'Nom d’un volume du projet, tel qu’il est à ce moment. Ce qu’une instance en marche n’a pas encore écrit manque.',
    'Name of a VolumeSnapshot of this volume: when it changes, the volume is put back to it once, which takes that no instance has it. To restore the same again, take it out and set it anew.':
      'Nom d’un instantané de ce volume : quand il change, le volume y est ramené une fois, à condition qu’aucune instance ne l’ait. Pour restaurer encore le même, retirez-le puis remettez-le.',
    'When it was made, to its end.': 'Quand il a été entièrement créé.',
    'What it holds now.': 'Ce qu’il contient en ce moment.',
    'Where it lies, if that is not where instances’ disks lie: the engine’s name of it.':
      'L’endroit où il se trouve, si ce n’est pas celui des disques des instances : le nom que lui donne le moteur.',
    'The instances of the project that have it.': 'Les instances du projet qui l’ont.',
    'What writes its content now, out of a backup. Until that is done no instance gets it.':
      'Ce qui écrit son contenu en ce moment, depuis une sauvegarde. Jusqu’à la fin, aucune instance ne l’obtient.',
    'Files, or a disk.': 'Des fichiers, ou un disque.',
    'How much it holds.': 'Combien il contient.',
    'The instances that have it.': 'Les instances qui l’ont.',
    'Whether it is encrypted where it lies.': 'S’il est chiffré là où il se trouve.',
  },
  values: {
    filesystem: 'Fichiers',
  },
};
