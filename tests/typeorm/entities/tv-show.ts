import { Column, CreateDateColumn, Entity, Index, JoinTable, ManyToMany, OneToMany, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';
import { Genre } from './genre';
import { MediaList } from './media-list';
import { Season } from './season';
import { TVShowTranslation } from './tv-show-translation';

@Entity('tv_shows')
export class TVShow {
  @PrimaryGeneratedColumn()
  id!: number;

  @Index({ unique: true })
  @Column()
  tmdbId!: number;

  @Column()
  name!: string;

  @Column('text')
  overview!: string;

  @Column()
  firstAirDate!: string;

  @Column()
  poster!: string;

  @Column()
  backdrop!: string;

  @Column({ type: 'varchar', nullable: true })
  imdbId!: string | null;

  @Column()
  status!: string;

  @Column()
  tagline!: string;

  @Column()
  type!: string;

  @Column()
  inProduction!: boolean;

  @Column('simple-json')
  episodeRunTime!: number[];

  @Index()
  @Column({ type: 'float', default: 0 })
  popularity!: number;

  @Column({ type: 'float', default: 0 })
  rating!: number;

  @CreateDateColumn()
  createdAt!: Date;

  @UpdateDateColumn()
  updatedAt!: Date;

  @OneToMany(() => Season, (season) => season.tvShow)
  seasons!: Season[];

  @OneToMany(() => TVShowTranslation, (translation) => translation.tvShow)
  translations!: TVShowTranslation[];

  @ManyToMany(() => Genre, (genre) => genre.tvShows)
  @JoinTable({
    name: 'tv_show_genres',
    joinColumn: { name: 'tvShowId' },
    inverseJoinColumn: { name: 'genreId' },
  })
  genres!: Genre[];

  @ManyToMany(() => MediaList, (list) => list.tvShows)
  lists!: MediaList[];
}
