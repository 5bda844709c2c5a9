import { Column, CreateDateColumn, Entity, Index, JoinTable, ManyToMany, OneToMany, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';
import { Genre } from './genre';
import { MediaList } from './media-list';
import { MovieSource } from './movie-source';
import { MovieTranslation } from './movie-translation';

@Entity('movies')
export class Movie {
  @PrimaryGeneratedColumn()
  id!: number;

  @Index({ unique: true })
  @Column()
  tmdbId!: number;

  @Column()
  title!: string;

  @Column('text')
  overview!: string;

  @Column()
  releaseDate!: string;

  @Column()
  poster!: string;

  @Column()
  backdrop!: string;

  @Column({ type: 'varchar', nullable: true })
  imdbId!: string | null;

  @Column({ type: 'int', nullable: true })
  runtime!: number | null;

  @Column({ type: 'bigint', nullable: true })
  budget!: number | null;

  @Column({ type: 'bigint', nullable: true })
  revenue!: number | null;

  @Index()
  @Column({ type: 'float', default: 0 })
  popularity!: number;

  @Column({ type: 'float', default: 0 })
  rating!: number;

  @CreateDateColumn()
  createdAt!: Date;

  @UpdateDateColumn()
  updatedAt!: Date;

  @OneToMany(() => MovieSource, (source) => source.movie)
  sources!: MovieSource[];

  @OneToMany(() => MovieTranslation, (translation) => translation.movie)
  translations!: MovieTranslation[];

  @ManyToMany(() => Genre, (genre) => genre.movies)
  @JoinTable({
    name: 'movie_genres',
    joinColumn: { name: 'movieId' },
    inverseJoinColumn: { name: 'genreId' },
  })
  genres!: Genre[];

  @ManyToMany(() => MediaList, (list) => list.movies)
  lists!: MediaList[];
}
