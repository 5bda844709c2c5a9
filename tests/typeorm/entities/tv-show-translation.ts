import { Column, CreateDateColumn, Entity, JoinColumn, ManyToOne, PrimaryGeneratedColumn, Unique, UpdateDateColumn } from 'typeorm';
import { TVShow } from './tv-show';

@Entity('tv_show_translations')
@Unique(['tvShowId', 'language'])
export class TVShowTranslation {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  tvShowId!: number;

  @Column()
  language!: string;

  @Column()
  name!: string;

  @Column('text')
  overview!: string;

  @Column({ default: '' })
  tagline!: string;

  @CreateDateColumn()
  createdAt!: Date;

  @UpdateDateColumn()
  updatedAt!: Date;

  @ManyToOne(() => TVShow, (tvShow) => tvShow.translations, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'tvShowId' })
  tvShow!: TVShow;
}
