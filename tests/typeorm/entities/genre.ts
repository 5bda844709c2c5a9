import { Column, CreateDateColumn, Entity, ManyToMany, OneToMany, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';
import { GenreTranslation } from './genre-translation';
import { Movie } from './movie';
import { TVShow } from './tv-show';

@Entity('genres')
export class Genre {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ unique: true })
  tmdbId!: number;

  @Column()
  name!: string;

  @CreateDateColumn()
  createdAt!: Date;

  @UpdateDateColumn()
  updatedAt!: Date;

  @OneToMany(() => GenreTranslation, (translation) => translation.genre)
  translations!: GenreTranslation[];

  @ManyToMany(() => Movie, (movie) => movie.genres)
  movies!: Movie[];

  @ManyToMany(() => TVShow, (show) => show.genres)
  tvShows!: TVShow[];
}
