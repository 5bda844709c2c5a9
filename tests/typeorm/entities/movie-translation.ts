import { Column, CreateDateColumn, Entity, JoinColumn, ManyToOne, PrimaryGeneratedColumn, Unique, UpdateDateColumn } from 'typeorm';
import { Movie } from './movie';

@Entity('movie_translations')
@Unique(['movieId', 'language'])
export class MovieTranslation {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  movieId!: number;

  @Column()
  language!: string;

  @Column()
  title!: string;

  @Column('text')
  overview!: string;

  @Column({ default: '' })
  tagline!: string;

  @CreateDateColumn()
  createdAt!: Date;

  @UpdateDateColumn()
  updatedAt!: Date;

  @ManyToOne(() => Movie, (movie) => movie.translations, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'movieId' })
  movie!: Movie;
}
